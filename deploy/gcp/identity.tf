resource "google_service_account" "service" {
  account_id   = var.name
  display_name = "Scribes Auth, its service and its migrations"

  depends_on = [google_project_service.needed]
}

# The first reads a version, the second lists them; neither reaches another secret.
resource "google_secret_manager_secret_iam_member" "service" {
  for_each = {
    for grant in setproduct(
      keys(local.secret_ids),
      ["roles/secretmanager.secretAccessor", "roles/secretmanager.viewer"],
    ) : "${grant[0]} ${grant[1]}" => { secret = grant[0], role = grant[1] }
  }

  secret_id = local.secret_ids[each.value.secret]
  role      = each.value.role
  member    = google_service_account.service.member

  depends_on = [data.google_secret_manager_secret.given, google_secret_manager_secret.made]
}
