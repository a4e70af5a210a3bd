# A new JWT key every so many days, made by a function of 60 lines: rotation/index.py.

locals {
  rotation_name    = "${var.name}-rotation"
  rotation_archive = "${path.module}/rotation.zip" # holds rotation/index.py, a test says so

  # A key that the platform injects is not read again: rotating it would log everybody out.
  rotates = var.jwt_rotation_days != null && !var.inject_secrets
}

#trivy:ignore:AWS-0066 nothing to trace: it asks Secrets Manager alone
resource "aws_lambda_function" "rotation" {
  #checkov:skip=CKV_AWS_50:nothing to trace: it asks Secrets Manager alone
  #checkov:skip=CKV_AWS_115:Secrets Manager calls it once in a rotation
  #checkov:skip=CKV_AWS_116:Secrets Manager tries again by itself, and an alarm tells
  #checkov:skip=CKV_AWS_117:it reaches nothing in the network
  #checkov:skip=CKV_AWS_272:the archive is in this folder, and its hash in the plan
  count            = local.rotates ? 1 : 0
  function_name    = local.rotation_name
  description      = "Rotates ${aws_secretsmanager_secret.jwt.name}"
  role             = aws_iam_role.rotation[0].arn
  runtime          = "python3.13"
  handler          = "index.handler"
  timeout          = 30
  filename         = local.rotation_archive
  source_code_hash = filebase64sha256(local.rotation_archive)

  logging_config {
    log_format = "JSON"
    log_group  = aws_cloudwatch_log_group.this["rotation"].name
  }
}

#trivy:ignore:AWS-0067 Secrets Manager names the account, not the secret
resource "aws_lambda_permission" "rotation" {
  count          = local.rotates ? 1 : 0
  statement_id   = "SecretsManager"
  action         = "lambda:InvokeFunction"
  function_name  = aws_lambda_function.rotation[0].function_name
  principal      = "secretsmanager.amazonaws.com"
  source_account = local.account
}

resource "aws_secretsmanager_secret_rotation" "jwt" {
  count               = local.rotates ? 1 : 0
  secret_id           = aws_secretsmanager_secret.jwt.id
  rotation_lambda_arn = aws_lambda_function.rotation[0].arn
  rotate_immediately  = false # the first key is new

  rotation_rules {
    automatically_after_days = var.jwt_rotation_days
  }

  depends_on = [
    aws_lambda_permission.rotation,
    aws_iam_role_policy.rotation,
    aws_secretsmanager_secret_version.jwt, # what has no value can't be rotated
  ]
}
