/** The errors of the flow history, as `errorTexts` has them. */
export const historyErrors = {
  WEIR_HISTORY_BATCH_TOO_LARGE: {
    meaning: 'A batch does not fit into the flow history.',
    cause: 'Its names are very long, or the limit of the history is low.',
    remedy: 'Give the history a higher limit.',
  },
  WEIR_HISTORY_DISK_FULL: {
    meaning: 'The disk of the flow history is full.',
    cause: 'Its file system or its quota has no room.',
    remedy: 'Free space, or give the history a lower limit. It goes on by itself.',
  },
  WEIR_HISTORY_ENGINE: {
    meaning: 'DuckDB, which the flow history needs, cannot be loaded.',
    cause: 'It is an optional package that is not installed, or not built for this machine.',
    remedy: 'Install it where Weir is: npm install @duckdb/node-api. Or run "weir up --no-history".',
  },
  WEIR_HISTORY_FAILED: {
    meaning: 'The flow history cannot be read or written.',
    cause: 'The message has the reason of the file system or of DuckDB.',
    remedy: 'Check that its directory exists, and look for errors of its disk in the kernel log.',
  },
  WEIR_HISTORY_IN_USE: {
    meaning: 'Another process writes to the flow history.',
    cause: 'Two processes have the same directory, or a command would change it while Weir runs.',
    remedy: 'Give each its own directory, or stop the other process. Reading needs neither.',
  },
  WEIR_HISTORY_LATER: {
    meaning: 'A later version of Weir wrote the flow history, so this one does not write to it.',
    cause: 'Weir was replaced by an older version.',
    remedy: 'Run the later version, or name another directory. Nothing in this one was changed.',
  },
  WEIR_HISTORY_MISSING: {
    meaning: 'There is no flow history in this directory.',
    cause: 'Nothing has kept one, or another user has.',
    remedy: 'Name its directory with --directory, or keep one with "weir up".',
  },
  WEIR_HISTORY_NOT_PERMITTED: {
    meaning: 'This user may not read or write the flow history.',
    cause: 'It belongs to another user, or the file system is read-only.',
    remedy: 'Run the command as that user, for example with sudo.',
  },
  WEIR_USAGE_EXPORT: {
    meaning: 'The file of an export does not go with its format.',
    cause: '--file is for Parquet, which needs it. CSV and JSON go to standard output.',
    remedy: 'Write --to parquet --file flows.parquet, or redirect standard output.',
  },
} as const;
