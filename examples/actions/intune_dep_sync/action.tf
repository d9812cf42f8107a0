variable "dep_onboarding_setting_id" {
  description = "Id of the enrollment program token, as Microsoft Graph gives it."
  type        = string
}

# terraform apply -invoke=action.intune_dep_sync.now
action "intune_dep_sync" "now" {
  config {
    dep_onboarding_setting_id = var.dep_onboarding_setting_id
    wait                      = true
  }
}
