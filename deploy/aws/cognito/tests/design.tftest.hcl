# The rules that the service relies on.

mock_provider "aws" {
  override_during = plan

  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/made-up" }
  }

  mock_resource "aws_lambda_function" {
    defaults = { arn = "arn:aws:lambda:eu-west-1:123456789012:function:made-up" }
  }

  mock_resource "aws_cognito_user_pool" {
    defaults = {
      id  = "eu-west-1_MadeUp"
      arn = "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_MadeUp"
    }
  }

  mock_resource "aws_secretsmanager_secret" {
    defaults = { arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:scribes/cognito-client-MadeUp" }
  }
}

run "nobody_writes_who_they_are" {
  command = plan

  assert {
    condition     = alltrue([for it in aws_cognito_user_pool.this.schema : !it.mutable])
    error_message = "The attributes that name a user can't be changed."
  }

  assert {
    condition     = aws_cognito_user_pool_client.this.generate_secret
    error_message = "Only the service signs people up."
  }

  assert {
    condition     = aws_cognito_user_pool_client.this.prevent_user_existence_errors == "ENABLED"
    error_message = "Nobody learns who is in the pool."
  }
}

run "the_service_may_do_in_its_own_pool_what_it_does" {
  command = plan

  assert {
    condition     = jsondecode(local.policy).Statement[0].Resource == [aws_cognito_user_pool.this.arn]
    error_message = "No other pool is the service's."
  }

  assert {
    condition     = length(aws_iam_role_policy.service) == 1
    error_message = "The tasks' role gets the rights."
  }
}

run "nobody_is_taken_over_unless_that_is_wanted" {
  command = plan

  assert {
    condition     = keys(aws_lambda_function.this) == ["custom_message"]
    error_message = "Only the mails have a function."
  }
}

run "users_are_taken_over_from_where_they_are" {
  command = plan

  variables {
    migrates_users = true
    migrate_from   = "https://old.example.com"
  }

  assert {
    condition     = aws_lambda_function.this["migrate_user"].environment[0].variables.AUTH_URL == "https://old.example.com"
    error_message = "The function asks the service that has the users."
  }
}

run "a_place_to_move_from_has_to_be_named" {
  command = plan

  variables {
    migrates_users = true
  }

  expect_failures = [var.migrate_from]
}
