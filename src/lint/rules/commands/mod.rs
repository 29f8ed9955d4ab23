//! What containers run: words that are cut off, statuses that are lost, jobs that never end.

mod command_operator_dropped;
mod exec_form_single_string;
mod exit_status_masked;
mod folded_script;
mod host_interpolation;
mod interactive_in_ci;
mod line_continuation;
mod lines;
mod listens_on_loopback;
mod multiline_without_shell;
mod never_ending_job;
mod package_scripts;
mod program_missing;
mod program_path_wrong;
mod script_line_endings;
mod script_not_executable;
mod script_without_shebang;
mod server_in_background;
mod server_replaced;
mod shell_builtin_as_command;
mod shell_c_split;
mod shell_syntax_in_exec;
mod shell_without_terminal;
mod text;

pub(super) use never_ending_job::is_endless;

use crate::lint::rule::Rule;

/// The rules of this folder.
pub const RULES: &[&Rule] = &[
    &command_operator_dropped::RULE,
    &exec_form_single_string::RULE,
    &exit_status_masked::RULE,
    &folded_script::RULE,
    &host_interpolation::RULE,
    &interactive_in_ci::RULE,
    &line_continuation::RULE,
    &listens_on_loopback::RULE,
    &multiline_without_shell::RULE,
    &never_ending_job::RULE,
    &program_missing::RULE,
    &program_path_wrong::RULE,
    &script_line_endings::RULE,
    &script_not_executable::RULE,
    &script_without_shebang::RULE,
    &server_in_background::RULE,
    &server_replaced::RULE,
    &shell_builtin_as_command::RULE,
    &shell_c_split::RULE,
    &shell_syntax_in_exec::RULE,
    &shell_without_terminal::RULE,
];
