# Terraform 1.14: `terraform query`, or `terraform query -generate-config-out=generated.tf`.

variable "dep_onboarding_setting_id" {
  description = "Id of the enrollment program token."
  type        = string
}

# Every one under every token, a hundred at most.
list "intune_dep_enrollment_profile" "all" {
  provider = intune
}

# Those of one token whose names hold a word, with all that is known of them.
list "intune_dep_enrollment_profile" "kiosks" {
  provider         = intune
  include_resource = true
  limit            = 1000

  config {
    dep_onboarding_setting_id = var.dep_onboarding_setting_id
    display_name_contains     = "kiosk"
  }
}
