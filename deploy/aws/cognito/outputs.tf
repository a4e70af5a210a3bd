output "settings" {
  description = "What the service needs to be told: its variable settings, in the templates one folder up."
  value = {
    AUTH_BACKEND          = "cognito"
    COGNITO_URL           = "cognito://${var.region}/${aws_cognito_user_pool.this.id}?client_id=${aws_cognito_user_pool_client.this.id}"
    COGNITO_CLIENT_SECRET = "secret:${aws_secretsmanager_secret.client.arn}"
  }
}

output "secret_arn" {
  description = "The secret that has the client's secret: for further_secret_arns."
  value       = aws_secretsmanager_secret.client.arn
}

output "policy" {
  description = "What a role needs that is not named here."
  value       = local.policy
}
