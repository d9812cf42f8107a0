terraform {
  required_providers {
    intune = {
      source = "registry.terraform.io/intune-rs/intune"
    }
  }
}

# Every argument can come from the environment: ARM_TENANT_ID, ARM_CLIENT_ID, ARM_CLIENT_SECRET.
provider "intune" {}
