//! The rules Terraform itself holds a schema against; knows no resource.
