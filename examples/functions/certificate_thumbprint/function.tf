# "719E07618003E76FA00657154267037064D56F1B"
output "thumbprint" {
  value = provider::intune::certificate_thumbprint(file("${path.module}/certificate.pem"))
}
