# Apple Configurator's own token.
data "intune_dep_onboarding_setting" "configurator" {
  token_type = "none"
}

data "intune_apple_configurator_enrollment_profile" "desk" {
  dep_onboarding_setting_id = data.intune_dep_onboarding_setting.configurator.id
  display_name              = "Corporate devices"
}

data "intune_dep_mobile_config" "desk" {
  enrollment_profile_id = data.intune_apple_configurator_enrollment_profile.desk.id
}

output "document" {
  value     = data.intune_dep_mobile_config.desk.mobile_config
  sensitive = true
}
