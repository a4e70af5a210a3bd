# What AWS would choose, made up for the tests.

mock_data "aws_caller_identity" {
  defaults = { account_id = "123456789012" }
}

mock_data "aws_partition" {
  defaults = { partition = "aws" }
}

mock_data "aws_availability_zones" {
  defaults = { names = ["eu-west-1a", "eu-west-1b", "eu-west-1c"] }
}

mock_resource "aws_kms_key" {
  defaults = { arn = "arn:aws:kms:eu-west-1:123456789012:key/made-up" }
}

mock_resource "aws_iam_role" {
  defaults = { arn = "arn:aws:iam::123456789012:role/made-up" }
}

mock_resource "aws_lambda_function" {
  defaults = { arn = "arn:aws:lambda:eu-west-1:123456789012:function:made-up" }
}

mock_resource "aws_lb" {
  defaults = { arn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/made-up/1" }
}

mock_resource "aws_lb_listener" {
  defaults = { arn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener/app/made-up/1/2" }
}

mock_resource "aws_lb_target_group" {
  defaults = { arn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/made-up/1" }
}

mock_resource "aws_ecs_task_definition" {
  defaults = { arn = "arn:aws:ecs:eu-west-1:123456789012:task-definition/made-up:1" }
}

override_resource {
  target = aws_secretsmanager_secret.jwt
  values = { arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:scribes/jwt-secret-MadeUp" }
}

override_resource {
  target = aws_secretsmanager_secret.smtp
  values = { arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:scribes/smtp-password-MadeUp" }
}

mock_resource "aws_elasticache_replication_group" {
  defaults = { primary_endpoint_address = "cache.example" }
}

mock_resource "aws_db_instance" {
  defaults = {
    address            = "database.example"
    endpoint           = "database.example:5432"
    master_user_secret = [{ secret_arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:rds!db-MadeUp" }]
  }
}
