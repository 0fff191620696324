//! One `#[test]` of every check.

/// Makes a test of every check of the suite, for a harness given as an
/// expression, in modules named like the families.
#[macro_export]
macro_rules! storage_contract {
    ($harness:expr) => {
        $crate::storage_contract! { @families ($harness)
            aliases {
                rows_of_one_key_merge
                keys_are_address_service_and_instance
                they_come_by_address_and_time
                the_version_grows_with_every_change
            }
            checkpoints {
                a_new_store_has_none
                the_last_one_comes_back_whole
                without_one_a_crash_leaves_nothing
                a_crash_at_any_append_leaves_exactly_the_cut
                shards_have_cuts_of_their_own
                what_comes_while_one_is_saved_is_behind_it
                one_that_fails_is_covered_by_the_next
                one_that_is_dropped_does_no_harm
                replay_restores_what_was
                restored_rows_are_seen_by_every_reader
                mutable_families_keep_at_least_the_cut
            }
            entities {
                records_merge_by_id
                newer_properties_replace_older_ones
                kinds_of_one_name_are_apart
                ids_answer_in_their_order
                the_latest_seen_come_first
                a_limit_says_whether_it_cut
                scopes_are_apart
                every_filter_selects
                filters_are_joined_by_and
            }
            expiry {
                nothing_younger_than_its_time_goes
                what_is_old_goes
                rows_from_the_future_keep_nothing_else
                a_clock_that_jumps_back_removes_nothing
                a_clock_that_jumped_back_is_forgotten_by_a_crash
                hours_and_days_stay_while_a_minute_of_them_is_young
            }
            metrics {
                every_kind_of_column_comes_back
                what_is_not_there_is_left_out
                partials_merge_to_the_value
                late_rows_go_into_their_own_minute
                tables_are_apart
                minutes_are_inclusive
                entities_select
                columns_select
                readers_stop_when_they_want
                readers_see_up_to_their_cut
                an_append_may_hold_many_blocks
                extreme_values_survive
            }
            random {
                any_history_answers_as_a_naive_store
            }
            records {
                they_come_back_whole
                the_slowest_come_first
                equal_ids_of_a_stream_are_one
                streams_and_entities_select
                times_are_inclusive
                limits_keep_the_first
            }
            relations {
                rows_come_back_by_minute
                equal_rows_are_one
                rows_that_differ_in_anything_are_several
                minutes_are_inclusive
                either_end_selects
                an_edge_is_held_whenever_it_was_seen
                services_of_either_end_select
                readers_stop_when_they_want
                a_week_costs_a_look_an_edge_and_hour
                readers_see_up_to_their_cut
            }
            search {
                an_empty_store_answers_an_empty_page
                the_newest_come_first
                the_longest_come_first
                ties_are_broken_by_segment_and_trace
                times_are_inclusive
                service_instance_and_endpoint_select
                durations_are_inclusive
                state_selects
                trace_and_span_ids_select
                any_attribute_of_any_span_selects
                values_compare_as_they_are_shown
                keywords_are_found_in_operations_and_statements
                conditions_are_joined_by_and
                pages_join_to_one
                pages_join_to_one_over_appends
                pages_do_not_shift_when_newer_segments_come
                a_page_of_nothing_says_that_there_is_more
                summaries_say_what_was_sent
            }
            tags {
                keys_and_values_are_distinct_and_in_byte_order
                kinds_are_apart
                days_are_inclusive
                limits_keep_the_first
                what_is_left_out_is_counted
            }
            templates {
                they_come_by_id
                a_second_put_replaces
                configurations_are_at_most_a_mebibyte
                there_are_at_most_two_thousand
                they_survive_a_crash
            }
            traces {
                gives_back_every_field
                an_unknown_trace_is_empty
                ids_are_compared_byte_by_byte
                segments_come_in_order_of_start
                parts_hold_nothing_but_the_trace
                entries_point_into_their_part
                segments_without_entry_are_not_there
                a_batch_twice_is_answered_once
                more_spans_of_a_segment_join_it
                spans_with_own_ids_are_told_apart
                the_latest_segments_are_left_out_whole
                what_came_twice_takes_no_room
                a_large_trace_comes_in_windows
            }
            zones {
                hours_and_days_are_the_merge_of_their_minutes
                hours_of_a_half_hour_zone_start_at_its_own
                days_across_clock_changes_have_their_own_length
                only_the_buckets_asked_for_are_answered
                a_store_keeps_its_zone
                a_zone_may_be_written_in_other_ways
                a_checkpoint_of_another_zone_is_refused
            }
        }
    };
    (@families ($harness:expr) $($family:ident { $($check:ident)* })*) => {
        $($crate::storage_contract! { @family ($harness) $family { $($check)* } })*

        /// Whoever adds a check lists it, or it is never run.
        #[test]
        fn every_check_is_listed() {
            let listed = [$($(concat!(stringify!($family), "::", stringify!($check)),)*)*];
            let all: Vec<_> = $crate::contract::all().iter().map(|check| check.name).collect();
            assert_eq!(all, listed);
        }

        /// An excuse is for a check that there is.
        #[test]
        fn every_excuse_names_a_check() {
            let harness = $harness;
            for (name, reason) in $crate::contract::Harness::excuses(&harness) {
                let known = $crate::contract::all().iter().any(|check| check.name == *name);
                assert!(known && !reason.is_empty(), "{name}: {reason}");
            }
        }
    };
    (@family ($harness:expr) $family:ident { $($check:ident)* }) => {
        mod $family {
            use super::*;
            $(#[test]
            fn $check() {
                let name = concat!(stringify!($family), "::", stringify!($check));
                $crate::contract::run(&$harness, name);
            })*
        }
    };
}

/// Makes a test of every check of the journal, for a harness given as an
/// expression.
#[macro_export]
macro_rules! journal_contract {
    ($harness:expr) => {
        $crate::journal_contract! { @checks ($harness)
            positions_grow_by_one_from_one
            records_come_back_whole_and_in_order
            replay_starts_where_it_is_told
            replay_stops_when_told
            trim_keeps_what_is_not_before
            positions_go_on_after_a_trim
            what_is_durable_survives_a_crash
        }
    };
    (@checks ($harness:expr) $($check:ident)*) => {
        mod journal {
            use super::*;
            $(#[test]
            fn $check() {
                $crate::contract::run_journal(&$harness, stringify!($check));
            })*

            #[test]
            fn every_check_is_listed() {
                let all = $crate::contract::journal_all().iter().map(|check| check.name);
                assert_eq!(all.collect::<Vec<_>>(), [$(stringify!($check)),*]);
            }
        }
    };
}
