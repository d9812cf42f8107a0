# The only token of the tenant.
data "intune_dep_onboarding_setting" "only" {}

# One of several.
data "intune_dep_onboarding_setting" "contoso" {
  token_name = "Contoso ABM"
}

# Apple Configurator's pseudo-token.
data "intune_dep_onboarding_setting" "configurator" {
  token_type = "none"
}

output "days_until_expiration" {
  value = data.intune_dep_onboarding_setting.contoso.days_until_expiration
}
