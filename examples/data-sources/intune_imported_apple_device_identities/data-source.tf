data "intune_dep_onboarding_setting" "contoso" {
  token_name = "Contoso ABM"
}

data "intune_imported_apple_device_identities" "waiting" {
  dep_onboarding_setting_id = data.intune_dep_onboarding_setting.contoso.id
  enrollment_state          = "notContacted"
  platform                  = "ios"
}

output "serial_numbers" {
  value = data.intune_imported_apple_device_identities.waiting.devices[*].serial_number
}
