# Apple Configurator's own token.
data "intune_dep_onboarding_setting" "configurator" {
  token_type = "none"
}

data "intune_apple_configurator_enrollment_profile" "corporate" {
  dep_onboarding_setting_id = data.intune_dep_onboarding_setting.configurator.id
  display_name              = "Corporate devices"
}

# The same by its id alone.
data "intune_apple_configurator_enrollment_profile" "by_id" {
  id = data.intune_apple_configurator_enrollment_profile.corporate.id
}
