"""Where a pool of Amazon Cognito keeps a law of ours otherwise, or not at all: each by name."""

ANONYMOUS = "a log-in that the pool keeps tells neither who came nor from where"
LIFE = "the pool's client says how long its tokens live, and not our settings"
TYPED = "an address is kept in the form in which addresses are compared"
STAMP = "the pool tells when a user was changed by its own clock, and counts nothing"
CODES = "whether a mailed code is good the pool only tells who spends it"
SPENT = "a code that was spent is refused as any other: who is verified, nobody learns"
REJECTS = "an account is not removed by its verification code"
TOKENLESS = "whether a log-in has ended shows in its access token, and not in its id"
ALL_AT_ONCE = "without its refresh token, a log-in ends with all others of the user"
UNCOUNTED = "the pool ends log-ins without telling how many those were"
INACTIVE = "the pool tells that a user is disabled, whatever password was typed"
NO_LISTS = "the pool lists no log-ins"
NO_AUDIT = "what happened is in AWS CloudTrail, and nothing of it at our doors"
NO_EMAIL_CHANGE = "an address is changed by an administrator"
ONE_FILTER = "the pool lists in its own order, and searches by one thing at a time"
OWN_POLICY = "how long an invitation is good is the pool's password policy to say"
CONFIRMED = "who registers is confirmed at once where these laws begin"

RACES = {
    "changes_at_one_moment_are_all_made",
    "of_any_number_of_changes_at_once_one_succeeds",
    "of_any_number_of_changes_of_one_stamp_one_succeeds",
    "of_any_number_of_registrations_of_one_username_one_succeeds",
    "of_two_who_remove_each_other_one_remains",
}
"""The pool has no way to look and to change in one step: these may be kept, and need not be."""

DRIVING = {
    "a_change_renews_this_log_in_and_ends_every_other": ANONYMOUS,
    "a_link_followed_twice_tells_that_the_address_is_verified": SPENT,
    "a_log_in_is_of_this_user_and_this_client": LIFE,
    "a_log_in_that_ended_since_changes_nothing": TOKENLESS,
    "a_mailed_token_proves_the_address_once": STAMP,
    "a_new_user_may_do_nothing_special_and_has_proved_nothing": TYPED,
    "a_refresh_goes_on_with_the_same_log_in": LIFE,
    "a_refresh_token_suffices_to_log_out": ALL_AT_ONCE,
    "a_session_keeps_who_refreshed_it_last": ANONYMOUS,
    "a_verified_account_is_not_removed_by_its_old_mail": REJECTS,
    "each_log_in_is_one_of_its_own": UNCOUNTED,
    "logging_out_ends_this_log_in_and_no_other": ALL_AT_ONCE,
    "logging_out_everywhere_ends_all_of_ones_own_log_ins": UNCOUNTED,
    "looking_at_a_reset_changes_nothing": CODES,
    "looking_at_a_verification_changes_nothing": CODES,
    "of_all_who_verify_or_reject_one_succeeds": REJECTS,
    "only_the_right_password_tells_that_a_user_is_inactive": INACTIVE,
    "what_is_no_good_mail_token_removes_nobody": REJECTS,
    "what_was_not_mailed_proves_nothing_and_spends_nothing": CODES,
    "what_was_not_mailed_resets_nothing_and_spends_nothing": CODES,
    "who_did_not_register_removes_the_account_and_its_log_ins": REJECTS,
    "who_is_verified_otherwise_is_not_removed_by_a_token_unspent": REJECTS,
    "without_any_good_token_nothing_ends": ALL_AT_ONCE,
}

ADMINISTRATION = {
    "a_change_is_told_with_what_was_and_what_is": NO_AUDIT,
    "a_cursor_is_worthless_elsewhere": ONE_FILTER,
    "a_new_address_ends_log_ins_and_is_to_be_proved": TYPED,
    "a_new_address_may_be_known_to_be_theirs": NO_AUDIT,
    "a_part_of_a_name_finds_in_any_case_and_is_no_pattern": ONE_FILTER,
    "a_second_change_does_not_get_rid_of_the_first_address": NO_EMAIL_CHANGE,
    "a_verification_is_mailed_while_there_is_something_to_prove": CONFIRMED,
    "after_an_undo_the_address_stays_until_the_password_is_reset": NO_EMAIL_CHANGE,
    "all_other_log_ins_end_at_once": NO_LISTS,
    "an_address_that_is_taken_meanwhile_is_refused": NO_EMAIL_CHANGE,
    "an_address_that_was_never_proved_undoes_nothing": NO_EMAIL_CHANGE,
    "an_administrator_has_a_reset_mailed_and_never_sees_it": NO_AUDIT,
    "an_administrator_lists_and_ends_anybodys_log_ins": NO_LISTS,
    "an_export_has_all_that_is_held_and_nothing_that_lets_others_in": NO_LISTS,
    "an_invitation_is_good_for_72_hours": OWN_POLICY,
    "changes_of_no_stamp_all_succeed": STAMP,
    "deactivation_ends_log_ins_and_activation_revives_none": NO_AUDIT,
    "deleting_the_own_account_asks_for_the_password": NO_AUDIT,
    "deletion_tells_who_did_it_and_no_name": NO_AUDIT,
    "each_token_is_good_for_one_thing": NO_EMAIL_CHANGE,
    "events_are_found_by_whom_they_are_about_by_whom_from_where_and_when": NO_AUDIT,
    "it_asks_for_the_password": NO_EMAIL_CHANGE,
    "it_can_be_undone_for_72_hours": NO_EMAIL_CHANGE,
    "log_ins_are_listed_page_by_page": NO_LISTS,
    "nobody_learns_whether_an_address_is_taken": NO_EMAIL_CHANGE,
    "of_any_number_of_callers_one_confirms": NO_EMAIL_CHANGE,
    "of_any_number_who_delete_one_user_one_does": NO_AUDIT,
    "own_log_ins_are_listed_and_ended_and_nobody_elses": NO_LISTS,
    "the_first_address_can_undo_for_72_hours_from_the_latest_change": NO_EMAIL_CHANGE,
    "the_new_address_confirms_and_then_counts": NO_EMAIL_CHANGE,
    "the_old_address_undoes_it_and_gets_a_reset": NO_EMAIL_CHANGE,
    "the_own_address_may_be_spelled_anew": NO_EMAIL_CHANGE,
    "the_same_address_in_other_letters_is_no_new_one": TYPED,
    "the_summary_counts_and_is_a_minute_old_at_most": NO_AUDIT,
    "users_are_found_page_by_page_in_every_order": ONE_FILTER,
    "what_is_so_already_is_not_changed_nor_told": NO_AUDIT,
    "what_was_mailed_to_the_old_address_is_void": NO_EMAIL_CHANGE,
    "who_has_no_password_is_invited_anew_at_a_new_address": NO_EMAIL_CHANGE,
    "who_is_deleted_is_gone_with_all_that_names_them": NO_AUDIT,
    "who_is_inactive_changes_nothing": NO_EMAIL_CHANGE,
    "who_is_invited_sets_the_first_password_and_proves_the_address": CODES,
    "who_is_not_there_is_not_found": NO_LISTS,
    "who_is_signed_in_changes_their_names": NO_AUDIT,
    "who_registers_with_the_address_before_does_not_keep_its_owner_out": NO_EMAIL_CHANGE,
    "whoever_has_a_new_address_by_mistake_can_not_remove_the_account": REJECTS,
}
