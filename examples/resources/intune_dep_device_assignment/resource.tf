variable "dep_onboarding_setting_id" {
  description = "Id of the enrollment program token, as Microsoft Graph gives it."
  type        = string
}

resource "intune_dep_enrollment_profile" "standard" {
  dep_onboarding_setting_id = var.dep_onboarding_setting_id
  display_name              = "Standard iPads"
}

resource "intune_dep_enrollment_profile" "kiosk" {
  dep_onboarding_setting_id = var.dep_onboarding_setting_id
  display_name              = "Kiosk iPads"
  supervised_mode_enabled   = true
}

# These devices, and no others, are kiosks. A device that is taken off the list becomes a standard iPad.
resource "intune_dep_device_assignment" "kiosk" {
  dep_onboarding_setting_id      = var.dep_onboarding_setting_id
  enrollment_profile_id          = intune_dep_enrollment_profile.kiosk.id
  serial_numbers                 = ["DMPXG1AAJF8J", "DMPXG1ABJF8J"]
  authoritative                  = true
  fallback_enrollment_profile_id = intune_dep_enrollment_profile.standard.id
}
