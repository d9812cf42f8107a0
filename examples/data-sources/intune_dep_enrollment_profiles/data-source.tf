data "intune_dep_onboarding_setting" "contoso" {
  token_name = "Contoso ABM"
}

data "intune_dep_enrollment_profiles" "corporate" {
  dep_onboarding_setting_id = data.intune_dep_onboarding_setting.contoso.id
  display_name_contains     = "Corporate"
}

output "types" {
  value = { for profile in data.intune_dep_enrollment_profiles.corporate.profiles : profile.id => profile.type }
}
