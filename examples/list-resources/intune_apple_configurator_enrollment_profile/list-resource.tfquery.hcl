# Terraform 1.14: `terraform query`, or `terraform query -generate-config-out=generated.tf`.

# Every one, a hundred at most. Apple Configurator's own token is looked under without being named.
list "intune_apple_configurator_enrollment_profile" "all" {
  provider = intune
}

# One of them, with all that is known of it.
list "intune_apple_configurator_enrollment_profile" "cart" {
  provider         = intune
  include_resource = true

  config {
    display_name = "Cart"
  }
}
