data "intune_dep_onboarding_settings" "all" {}

data "intune_dep_onboarding_settings" "schools" {
  token_type = "appleSchoolManager"
}

output "sync_errors" {
  value = { for token in data.intune_dep_onboarding_settings.all.tokens : token.token_name => token.last_sync_error }
}
