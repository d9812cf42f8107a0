data "intune_dep_onboarding_setting" "contoso" {
  token_name = "Contoso ABM"
}

data "intune_apple_configurator_enrollment_profile" "desk" {
  dep_onboarding_setting_id = data.intune_dep_onboarding_setting.contoso.id
  display_name              = "Corporate devices"
}

data "intune_dep_mobile_config" "desk" {
  enrollment_profile_id = data.intune_apple_configurator_enrollment_profile.desk.id
}

output "document" {
  value     = data.intune_dep_mobile_config.desk.mobile_config
  sensitive = true
}
