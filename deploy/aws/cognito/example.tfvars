region         = "eu-west-1"
auth_url       = "https://auth.example.com"
task_role_name = "scribes-auth-task"
