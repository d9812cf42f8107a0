//! Values as JSON, the form in which Terraform stores them; knows no schema.
