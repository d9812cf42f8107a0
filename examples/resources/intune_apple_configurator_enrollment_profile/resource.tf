variable "intune_account_id" {
  description = "Id of the tenant's Intune account (`intuneAccountId` of Graph's deviceManagement): Apple Configurator's token."
  type        = string
}

resource "intune_apple_configurator_enrollment_profile" "carts" {
  dep_onboarding_setting_id = var.intune_account_id

  display_name                                               = "iPad carts"
  description                                                = "Prepared with Apple Configurator at the service desk."
  requires_user_authentication                               = true
  require_company_portal_on_setup_assistant_enrolled_devices = true
}

# What Apple Configurator asks for as the server's address.
output "enrollment_url" {
  value = intune_apple_configurator_enrollment_profile.carts.configuration_endpoint_url
}
