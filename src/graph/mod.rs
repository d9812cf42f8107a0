//! A Microsoft Graph client that has never heard of Terraform.
