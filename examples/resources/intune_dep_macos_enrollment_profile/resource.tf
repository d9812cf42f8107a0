variable "dep_onboarding_setting_id" {
  description = "Id of the enrollment program token, as Microsoft Graph gives it."
  type        = string
}

variable "admin_password" {
  description = "Password of the local administrator. Ephemeral: it is kept in no plan and no state. Terraform 1.11."
  type        = string
  sensitive   = true
  ephemeral   = true
}

resource "intune_dep_macos_enrollment_profile" "macbooks" {
  dep_onboarding_setting_id = var.dep_onboarding_setting_id

  display_name             = "Corporate MacBooks"
  description              = "A standard user, and an administrator whose password Intune rotates."
  supervised_mode_enabled  = true
  is_mandatory             = true
  profile_removal_disabled = true

  requires_user_authentication            = true
  configuration_web_url                   = true
  wait_for_device_configured_confirmation = true
  device_name_template                    = "MAC-{{SERIAL}}"

  set_primary_setup_account_as_regular_user = true

  admin_account_user_name           = "localadmin"
  admin_account_full_name           = "Local Administrator"
  admin_account_password            = var.admin_password
  admin_account_password_wo_version = 1 # another number sends the password again
  hide_admin_account                = true

  dep_profile_admin_account_password_rotation_setting = {
    auto_rotation_period_in_days = 30

    dep_profile_delay_auto_rotation_setting = {
      on_retrieval_auto_rotate_password_enabled        = true
      on_retrieval_delay_auto_rotate_password_in_hours = 4
    }
  }

  siri_disabled           = true
  icloud_storage_disabled = true
  enabled_skip_keys       = ["Welcome", "Intelligence"] # panes that have no Boolean
}
