variable "dep_onboarding_setting_id" {
  description = "Id of the enrollment program token, as Microsoft Graph gives it."
  type        = string
}

resource "intune_dep_ios_enrollment_profile" "iphones" {
  dep_onboarding_setting_id = var.dep_onboarding_setting_id

  display_name             = "Corporate iPhones"
  description              = "One user each, signed in with modern authentication."
  supervised_mode_enabled  = true
  is_mandatory             = true
  profile_removal_disabled = true

  requires_user_authentication                               = true
  configuration_web_url                                      = true
  require_company_portal_on_setup_assistant_enrolled_devices = true
  await_device_configured_confirmation                       = true

  device_name_template = "{{DEVICETYPE}}-{{SERIAL}}"
  support_department   = "IT Service Desk"
  support_phone_number = "+1 555 0100"

  # A pane is skipped by its Boolean ...
  siri_disabled                   = true
  apple_pay_disabled              = true
  watch_migration_screen_disabled = true

  # ... or by Apple's key, which some panes alone have.
  enabled_skip_keys = ["Intelligence", "TermsOfAddress", "ScreenTime"]
}

# Shared iPads have no user affinity.
resource "intune_dep_ios_enrollment_profile" "classroom" {
  dep_onboarding_setting_id = var.dep_onboarding_setting_id

  display_name                          = "Classroom iPads"
  supervised_mode_enabled               = true
  is_mandatory                          = true
  enable_shared_ipad                    = true
  shared_ipad_maximum_user_count        = 10
  passcode_lock_grace_period_in_seconds = 300
  user_session_timeout_in_seconds       = 1800
}
