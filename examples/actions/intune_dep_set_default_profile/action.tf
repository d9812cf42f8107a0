variable "dep_onboarding_setting_id" {
  description = "Id of the enrollment program token, as Microsoft Graph gives it."
  type        = string
}

variable "profile_id" {
  description = "Id of a profile that was made outside of Terraform."
  type        = string
}

action "intune_dep_set_default_profile" "kiosks" {
  config {
    dep_onboarding_setting_id = var.dep_onboarding_setting_id
    profile_id                = var.profile_id
  }
}

# Runs whenever the season changes.
resource "terraform_data" "season" {
  input = "summer"

  lifecycle {
    action_trigger {
      events  = [after_create, after_update]
      actions = [action.intune_dep_set_default_profile.kiosks]
    }
  }
}
