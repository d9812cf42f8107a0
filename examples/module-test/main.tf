# A module as an administrator writes one: a locked kiosk profile for each site.
terraform {
  required_providers {
    intune = {
      source = "intune-rs/intune"
    }
  }
}

variable "dep_onboarding_setting_id" {
  description = "Id of the enrollment program token."
  type        = string
}

variable "sites" {
  description = "Names of the sites that have kiosks."
  type        = set(string)

  validation {
    condition     = alltrue([for site in var.sites : length(site) <= 100])
    error_message = "A site's name has at most 100 characters."
  }
}

resource "intune_dep_enrollment_profile" "kiosk" {
  for_each = var.sites

  dep_onboarding_setting_id = var.dep_onboarding_setting_id

  display_name             = "Kiosk ${each.key}"
  supervised_mode_enabled  = true
  is_mandatory             = true
  profile_removal_disabled = true
  siri_disabled            = true
  apple_id_disabled        = true
}

output "profile_ids" {
  description = "Id of the profile of each site."
  value       = { for site, profile in intune_dep_enrollment_profile.kiosk : site => profile.id }
}
