/** The errors of options on the command line, as `errorTexts` has them. */
export const usageErrors = {
  WEIR_USAGE_CA_FILE: {
    meaning: 'The file of --ca-file cannot be read.',
    cause: 'It does not exist, or this user may not read it.',
    remedy: 'Name a file with PEM certificates.',
  },
  WEIR_USAGE_CERTS: {
    meaning: 'A command of "weir certs" lacks what it needs.',
    cause: 'It has no name for the certificate, or options that do not go together.',
    remedy: 'Follow the message.',
  },
  WEIR_USAGE_DEFAULT: {
    meaning: 'A value of --default cannot be used.',
    cause: 'It names no option of the file, or a value that the option does not accept.',
    remedy: 'Write OPTION=VALUE, such as weir.nodeName=node-1. "weir config example" lists the options.',
  },
  WEIR_USAGE_FROM: {
    meaning: 'An option does not go with the source of flows.',
    cause: 'It is for another source, such as Loki, VictoriaLogs or a history.',
    remedy: 'Name that source with --from, or leave the option out.',
  },
  WEIR_USAGE_HEADERS: {
    meaning: 'The file of --headers-file cannot be used.',
    cause: 'It cannot be read, or has a line that is no HTTP header.',
    remedy: 'Write one header a line, such as "authorization: Bearer TOKEN".',
  },
  WEIR_USAGE_KIND: {
    meaning: "A file may be an agent's or an aggregator's.",
    cause: 'Its keys are those that both have.',
    remedy: 'Add --kind agent or --kind aggregator.',
  },
  WEIR_USAGE_LOG_QUERY: {
    meaning: 'A condition cannot be a query for logged flows.',
    cause: 'It tests the workload of an end, which lines need not name.',
    remedy: 'Test Pods, namespaces or nodes, or ask the history.',
  },
  WEIR_USAGE_SERVER: {
    meaning: 'The value of --server is no address of a server.',
    cause: 'It is no URL, or has credentials.',
    remedy: 'Write a URL without credentials, or unix:PATH for an aggregator.',
  },
  WEIR_USAGE_TENANT: {
    meaning: 'The value of --tenant is no tenant.',
    cause: 'Loki expects a name, VictoriaLogs AccountID or AccountID:ProjectID.',
    remedy: 'Write it as the server expects it.',
  },
  WEIR_USAGE_TOKEN_FILE: {
    meaning: 'The file of --token-file cannot be used.',
    cause: 'It cannot be read, or does not contain one line with a bearer token.',
    remedy: "Name the file with the aggregator's token.",
  },
} as const;
