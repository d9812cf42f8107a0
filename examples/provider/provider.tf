terraform {
  required_providers {
    intune = {
      source = "intune-rs/intune"
    }
  }
}

# All that signing in needs can come from the environment: ARM_TENANT_ID, ARM_CLIENT_ID, ARM_CLIENT_SECRET.
provider "intune" {}
