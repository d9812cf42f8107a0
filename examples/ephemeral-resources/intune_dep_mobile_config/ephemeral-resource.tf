variable "enrollment_profile_id" {
  description = "Id of an enrollment profile, as Microsoft Graph gives it."
  type        = string
}

ephemeral "intune_dep_mobile_config" "ipads" {
  enrollment_profile_id = var.enrollment_profile_id
}

# Hands the document to a command, for enrolling a device by hand. Terraform stores none of it.
resource "terraform_data" "document" {
  triggers_replace = var.enrollment_profile_id

  provisioner "local-exec" {
    command = "umask 077 && printf '%s' \"$DOCUMENT\" > ipads.mobileconfig"
    environment = {
      DOCUMENT = ephemeral.intune_dep_mobile_config.ipads.mobile_config
    }
  }
}
