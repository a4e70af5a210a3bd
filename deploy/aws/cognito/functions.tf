# The pool's functions: one writes its mails, one takes users over from the service.

locals {
  functions_archive = "${path.module}/functions.zip" # holds functions/*.py, a test says so

  functions = merge(
    { custom_message = var.auth_url },
    var.migrates_users ? { migrate_user = var.migrate_from } : {},
  )
}

resource "aws_cloudwatch_log_group" "functions" {
  #checkov:skip=CKV_AWS_158:with AWS's own key, unless kms_key_arn names another
  for_each          = local.functions
  name              = "/aws/lambda/${var.name}-${replace(each.key, "_", "-")}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

resource "aws_iam_role" "functions" {
  for_each    = local.functions
  name        = "${var.name}-${replace(each.key, "_", "-")}"
  description = "What a function of the user pool may do"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "lambda.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy" "functions" {
  for_each = local.functions
  name     = "log"
  role     = aws_iam_role.functions[each.key].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = ["${aws_cloudwatch_log_group.functions[each.key].arn}:*"]
    }]
  })
}

#trivy:ignore:AWS-0066 nothing to trace: one writes a text, one asks the service
resource "aws_lambda_function" "this" {
  #checkov:skip=CKV_AWS_50:nothing to trace: one writes a text, one asks the service
  #checkov:skip=CKV_AWS_115:the pool calls it as often as people register and log in
  #checkov:skip=CKV_AWS_116:the pool waits for the answer, and tells who asked
  #checkov:skip=CKV_AWS_117:the service is reached as everybody reaches it
  #checkov:skip=CKV_AWS_173:the address of the service is no secret
  #checkov:skip=CKV_AWS_272:the archive is in this folder, and its hash in the plan
  for_each         = local.functions
  function_name    = "${var.name}-${replace(each.key, "_", "-")}"
  description      = "A function of the user pool ${var.name}"
  role             = aws_iam_role.functions[each.key].arn
  runtime          = "python3.13"
  handler          = "${each.key}.handler"
  timeout          = 5 # the pool waits no longer
  filename         = local.functions_archive
  source_code_hash = filebase64sha256(local.functions_archive)

  environment {
    variables = { AUTH_URL = each.value }
  }

  logging_config {
    log_format = "JSON"
    log_group  = aws_cloudwatch_log_group.functions[each.key].name
  }
}

resource "aws_lambda_permission" "pool" {
  for_each       = local.functions
  statement_id   = "UserPool"
  action         = "lambda:InvokeFunction"
  function_name  = aws_lambda_function.this[each.key].function_name
  principal      = "cognito-idp.amazonaws.com"
  source_arn     = "arn:${data.aws_partition.this.partition}:cognito-idp:${var.region}:${data.aws_caller_identity.this.account_id}:userpool/*"
  source_account = data.aws_caller_identity.this.account_id
}
