variable "dep_onboarding_setting_id" {
  description = "Id of the enrollment program token, as Microsoft Graph gives it."
  type        = string
}

resource "intune_dep_enrollment_profile" "ipads" {
  dep_onboarding_setting_id = var.dep_onboarding_setting_id

  display_name             = "Corporate iPads"
  description              = "Supervised, locked to management."
  supervised_mode_enabled  = true
  is_mandatory             = true
  profile_removal_disabled = true

  support_department   = "IT Service Desk"
  support_phone_number = "+1 555 0100"

  siri_disabled        = true
  diagnostics_disabled = true
  zoom_disabled        = true
}

output "profile_id" {
  value = intune_dep_enrollment_profile.ipads.id
}
