import { historyErrors } from './history-errors.ts';
import { kubernetesErrors } from './kubernetes-errors.ts';
import { queryErrors } from './query-errors.ts';
import { usageErrors } from './usage-errors.ts';

/** What an error code means, each a sentence. */
interface ErrorText {
  readonly meaning: string;
  readonly cause: string;
  readonly remedy: string;
}

const logServerErrors = <Code extends string>(code: Code, title: string) => {
  const texts = {
    FILE: {
      meaning: `A file with credentials for ${title} cannot be used.`,
      cause: 'The file is missing, cannot be read, or has a line that is no HTTP header.',
      remedy: 'Correct the path in the sink, or the file.',
    },
    UNREACHABLE: {
      meaning: `${title} did not answer a search.`,
      cause: 'The server is down, or the address is wrong.',
      remedy: `Give its address with --server, or in WEIR_${code}.`,
    },
    BUSY: {
      meaning: `${title} could not answer a search.`,
      cause: 'The server answered with a status of 500 or more.',
      remedy: 'Try again later, or request less with --since and filters.',
    },
    REFUSED: {
      meaning: `${title} refused a search, or answered with something else.`,
      cause: 'The credentials or the tenant are wrong, or another program answers there.',
      remedy: 'Give the address of the server itself, with its credentials.',
    },
    CROWDED: {
      meaning: 'More entries have one nanosecond than a search can page through.',
      cause: 'The server returns a limited number of entries for one point in time.',
      remedy: 'Use filters that fewer entries pass.',
    },
  } as const satisfies Record<string, ErrorText>;
  return Object.fromEntries(
    Object.entries(texts).map(([name, text]) => [`WEIR_${code}_${name}`, text]),
  ) as Record<`WEIR_${Code}_${keyof typeof texts}`, ErrorText>;
};

const noSink = (title: string, section: string): ErrorText => ({
  meaning: `A configuration has no sink for ${title}.`,
  cause: `There is no ${section} below weir.sinks.`,
  remedy: `Name the file of an aggregator that logs flows in ${title}, or leave --config out.`,
});

/** Every code that an error of Weir may have. Once a code has shipped, it stays. */
export const errorTexts = {
  WEIR_AGENT_OPTION: {
    meaning: "An option of the agent's library interface is invalid.",
    cause: 'An address range is not in CIDR notation.',
    remedy: 'Write ranges such as 10.244.1.0/24 or fd00:10:244::/64.',
  },
  WEIR_CERTS_AUTHORITY: {
    meaning: 'The authority cannot sign a certificate.',
    cause: 'Its certificate or key is missing, the two do not match, or it has expired.',
    remedy: 'Run the command on the host where "weir certs init" ran. "weir certs show" shows what is there.',
  },
  WEIR_CERTS_EXIST: {
    meaning: 'A certificate or a key exists already, and Weir does not replace it.',
    cause: 'The command ran before.',
    remedy: 'Renew it with "weir certs renew", or move the file away.',
  },
  WEIR_CERTS_FILE: {
    meaning: 'A file or a directory of certificates cannot be used.',
    cause: 'It is missing, a symbolic link, closed to this user, or contains something else.',
    remedy: 'Name the right directory, or run the command with sudo.',
  },
  WEIR_CERTS_FOREIGN: {
    meaning: 'A certificate was signed by another authority.',
    cause: 'It is not from the authority whose key is here.',
    remedy: 'Let that authority renew it.',
  },
  WEIR_COLLECTOR_ADDRESS_INVALID: {
    meaning: 'The address of a collector cannot be read.',
    cause: 'It is not HOST[:PORT][:PROTOCOL], or the port or protocol does not exist.',
    remedy: 'Write it such as 192.0.2.1:4739:tcp or [2001:db8::1]:4739:udp.',
  },
  WEIR_COLLECTOR_UNREACHABLE: {
    meaning: 'No session to a collector could be opened.',
    cause: 'The collector is down, the address or the protocol is wrong, or one side refuses a certificate.',
    remedy: 'Start the collector, or correct the address. The message has the reason.',
  },
  WEIR_CONFIG_INVALID: {
    meaning: 'A configuration file has problems.',
    cause: 'Each line of the message contains the place, the expected value and the value found.',
    remedy: 'Correct the file; "weir config check FILE" checks it without a start.',
  },
  WEIR_CONFIG_KIND: {
    meaning: 'A program was given the configuration of another one.',
    cause: "An agent's file was given to an aggregator, or the other way around.",
    remedy: 'Give it to the program that the message names.',
  },
  WEIR_CONFIG_NO_LOKI: noSink('Loki', 'loki'),
  WEIR_CONFIG_NO_VICTORIALOGS: noSink('VictoriaLogs', 'victoriaLogs'),
  WEIR_CONFIG_NOT_AVAILABLE: {
    meaning: 'A configuration needs a feature that this version lacks.',
    cause: 'The message names each option.',
    remedy: 'Change or remove these options.',
  },
  WEIR_CONFIG_UNREADABLE: {
    meaning: 'A configuration file cannot be read.',
    cause: 'It does not exist, this process may not read it, or it is not UTF-8.',
    remedy: 'Correct the path or the rights of the file, or save it as UTF-8.',
  },
  WEIR_CONNTRACK_MISSING: {
    meaning: 'The kernel has no connection tracking.',
    cause: 'The module nf_conntrack_netlink is not loaded or not built.',
    remedy: 'Load it with modprobe, or use a kernel that has it.',
  },
  WEIR_CONNTRACK_NOTHING_TRACKED: {
    meaning: 'No connection is tracked in this network namespace.',
    cause: 'No firewall rule turns tracking on, or there has been no traffic.',
    remedy: 'Set weir.track to true, or add a rule with "ct state".',
  },
  WEIR_CONNTRACK_NOT_KEPT: {
    meaning: 'The kernel dropped packets or connections because its table was too small.',
    cause: 'There were more connections than net.netfilter.nf_conntrack_max.',
    remedy: 'Raise net.netfilter.nf_conntrack_max.',
  },
  WEIR_CONNTRACK_STOPPED: {
    meaning: 'A dump of the connection table was aborted.',
    cause: 'The agent stops.',
    remedy: 'Nothing.',
  },
  WEIR_CONNTRACK_TABLE_FULL: {
    meaning: "The kernel's connection table is almost full.",
    cause: 'There are almost as many connections as net.netfilter.nf_conntrack_max.',
    remedy: 'Raise net.netfilter.nf_conntrack_max.',
  },
  WEIR_DTLS_UNAVAILABLE: {
    meaning: 'This Node cannot do DTLS.',
    cause: 'It does not contain OpenSSL 3, or hides the functions that DTLS needs.',
    remedy: 'Use a Node of nodejs.org or the one that Weir installs, or the transport tls.',
  },
  WEIR_FILE_OF_ANOTHER: {
    meaning: 'A file that Weir is to write belongs to another user.',
    cause: 'Another user has created it in a shared directory.',
    remedy: 'Name a file in a directory that only this user can write to.',
  },
  WEIR_FILE_UNREADABLE: {
    meaning: 'A file with messages cannot be read.',
    cause: 'It does not exist, this process may not read it, or its format is unknown.',
    remedy: 'Name a pcap, pcapng or RFC 5655 file.',
  },
  WEIR_FLOW_LOGGER_FILE: {
    meaning: 'The file of the flow logger cannot be opened.',
    cause: 'Its directory does not exist or is not writable, or the path is a symbolic link.',
    remedy: 'Name a file in an existing, writable directory.',
  },
  WEIR_FOLDER_OPEN_TO_ALL: {
    meaning: 'Every user of the host can write to a directory that Weir should use.',
    cause: 'The directory has the permission o+w.',
    remedy: 'Remove the permission (chmod o-w DIRECTORY), or name another directory.',
  },
  ...historyErrors,
  ...kubernetesErrors,
  ...queryErrors,
  WEIR_HTTP_ADDRESS_IN_USE: {
    meaning: 'Another program listens on the HTTP address.',
    cause: 'Often another Weir runs on this host.',
    remedy: 'Give each its own address: --http, weir.http.listen or weir.metrics.listen.',
  },
  WEIR_HTTP_SOCKET: {
    meaning: 'Weir cannot listen on a socket of the file system.',
    cause: 'The directory is not writable, or the path exists and is no socket.',
    remedy: 'Name a path in a directory that this process can write to.',
  },
  WEIR_HTTP_TOKEN_FILE: {
    meaning: 'The file with the token for HTTP cannot be used.',
    cause: 'It cannot be read, or it does not contain one line with a bearer token.',
    remedy: 'Make one with "openssl rand -hex 32".',
  },
  WEIR_JSON_LINES_FILE: {
    meaning: 'A file for JSON lines cannot be opened.',
    cause: 'Its directory does not exist or is not writable, or the path is a symbolic link.',
    remedy: 'Name a file in an existing, writable directory.',
  },
  WEIR_LISTEN_ADDRESS_INVALID: {
    meaning: 'An address to listen on cannot be read.',
    cause: 'It is not PROTOCOL://ADDRESS[:PORT], or Weir does not have the protocol.',
    remedy: 'Write it such as tcp://127.0.0.1:4739 or udp://[::]:4739.',
  },
  WEIR_LISTEN_FAILED: {
    meaning: 'Weir cannot listen for IPFIX.',
    cause: 'The address is in use, does not belong to this host, or needs more privileges.',
    remedy: 'Choose another address or port, or stop the other program.',
  },
  WEIR_LOG_FILE: {
    meaning: "A file with credentials for Weir's own log in Loki cannot be used.",
    cause: 'The file is missing, cannot be read, or has a line that is no HTTP header.',
    remedy: 'Correct the path in weir.log.loki, or the file.',
  },
  ...logServerErrors('LOKI', 'Loki'),
  ...logServerErrors('VICTORIALOGS', 'VictoriaLogs'),
  WEIR_MESSAGE_FILE: {
    meaning: 'A file for received messages cannot be opened.',
    cause: 'Its directory does not exist or is not writable, or the path is a symbolic link.',
    remedy: 'Name a file in an existing, writable directory.',
  },
  WEIR_MESSAGE_SIZE_INVALID: {
    meaning: 'The configured size of IPFIX messages is impossible.',
    cause: 'It is less than 512 or more than 65535 octets.',
    remedy: 'Leave the option out: the transport and the interface then decide.',
  },
  WEIR_NETLINK_NOT_PERMITTED: {
    meaning: 'The kernel refuses netlink to this process.',
    cause: 'It lacks CAP_NET_ADMIN, or CAP_SYS_ADMIN for another network namespace.',
    remedy: 'Run it as root, or grant the capability.',
  },
  WEIR_NETLINK_NO_NAMESPACE: {
    meaning: 'A network namespace cannot be entered.',
    cause: 'The path is no network namespace, or no longer one.',
    remedy: '"ip netns list" shows those that have a name.',
  },
  WEIR_NETLINK_OVERRUN: {
    meaning: 'A response of the kernel did not fit into the receive buffer.',
    cause: 'The response exceeded the buffer of the socket.',
    remedy: 'Weir tries again by itself. Report it if it persists.',
  },
  WEIR_NETLINK_REFUSED: {
    meaning: 'The kernel refused a netlink request.',
    cause: "The message has the kernel's reason.",
    remedy: 'Follow the message; raise "ulimit -n" when too many files are open.',
  },
  WEIR_NETLINK_TIMEOUT: {
    meaning: 'The kernel did not answer a netlink request in time.',
    cause: 'The host is very busy.',
    remedy: 'Try again when the host is less busy.',
  },
  WEIR_NETLINK_UNSUPPORTED: {
    meaning: 'The kernel offers no such netlink family.',
    cause: 'The module nfnetlink is missing, or a seccomp profile forbids it.',
    remedy: 'Try "modprobe nfnetlink", or change the profile.',
  },
  WEIR_NETLINK_WORKER: {
    meaning: 'A thread that reads from the kernel ended.',
    cause: 'The message has the reason.',
    remedy: 'Weir starts it again. Report it if it persists.',
  },
  WEIR_NFLOG_GROUP_BUSY: {
    meaning: 'Another program reads the NFLOG group.',
    cause: 'Only one program of a network namespace can read a group.',
    remedy: 'Stop the other program, or let the rules log to another group.',
  },
  WEIR_NFLOG_UNSUPPORTED: {
    meaning: 'The kernel has no NFLOG.',
    cause: 'The module nfnetlink_log is not loaded.',
    remedy: 'Load it: "modprobe nfnetlink_log".',
  },
  WEIR_NFTABLES_MISSING: {
    meaning: 'Weir cannot turn connection tracking on.',
    cause: 'The kernel has no nf_tables.',
    remedy: 'Load it with "modprobe nf_tables", or add a rule of your own that turns tracking on.',
  },
  WEIR_NFTABLES_NAME_TAKEN: {
    meaning: 'Weir cannot turn connection tracking on.',
    cause: "Another program has tables with the names that Weir's would have.",
    remedy: 'Rename or delete one of them.',
  },
  WEIR_OTLP_FILE: {
    meaning: 'A file with credentials for an OTLP receiver cannot be used.',
    cause: 'The file is missing, cannot be read, or has a line that is no HTTP header.',
    remedy: 'Correct the path in weir.metrics.otlp, or the file.',
  },
  WEIR_REPLAY_CUT_SHORT: {
    meaning: 'A session to a collector ended before all messages of a file were sent.',
    cause: 'The collector stopped, refused a message, or is no longer reachable.',
    remedy: "Read the collector's log, then replay the file again.",
  },
  WEIR_SERVER_LOST: {
    meaning: 'The connection to an aggregator ended while flows arrived.',
    cause: 'The aggregator stopped, or a line was longer than any record.',
    remedy: 'Ask again.',
  },
  WEIR_SERVER_REFUSED: {
    meaning: 'An aggregator refused to show flows.',
    cause: 'The query or the token is wrong, or another program answers there.',
    remedy: 'Follow the message; give the address of the aggregator with --server.',
  },
  WEIR_SERVER_UNREACHABLE: {
    meaning: 'No aggregator answers.',
    cause: 'None runs there, or only its group can connect to its socket.',
    remedy: 'Start "weir up" or "weir aggregator", or give its address with --server.',
  },
  WEIR_SINK_THREAD: {
    meaning: 'The thread of a sink failed at its start.',
    cause: 'The message has the reason.',
    remedy: 'Report it.',
  },
  WEIR_SPOOL_CLOSED: {
    meaning: 'Something was written to a spool after its end.',
    cause: 'The process stops.',
    remedy: 'Nothing.',
  },
  WEIR_SPOOL_DISK_FULL: {
    meaning: 'The disk of a spool is full.',
    cause: 'Its file system or its quota has no room.',
    remedy: 'Free space, or give the spool a lower limit. It continues by itself.',
  },
  WEIR_SPOOL_FAILED: {
    meaning: 'A spool cannot be read or written.',
    cause: 'The message has the reason of the file system.',
    remedy: 'Check that its directory exists, and look for errors of its disk in the kernel log.',
  },
  WEIR_SPOOL_FRAME_TOO_LARGE: {
    meaning: 'A batch does not fit into a spool.',
    cause: 'The limit of the spool is lower than the batch.',
    remedy: 'Give the spool a higher limit.',
  },
  WEIR_SPOOL_IN_USE: {
    meaning: 'Another process uses the spool.',
    cause: 'Two sinks or processes have the same directory.',
    remedy: 'Give each its own directory, or stop the other process.',
  },
  WEIR_SPOOL_LINK: {
    meaning: 'A spool contains a symbolic link.',
    cause: 'Somebody has put it there.',
    remedy: 'Remove it, and find out who created it.',
  },
  WEIR_SPOOL_NOT_PERMITTED: {
    meaning: 'Weir cannot write to a spool.',
    cause: 'The directory or its files belong to another user, or the file system is read-only.',
    remedy: 'Make the directory writable for the user that Weir runs as.',
  },
  WEIR_STATE_DIRECTORY_IN_USE: {
    meaning: 'Another agent or collector uses the state directory.',
    cause:
      'Two processes have the same weir.stateDirectory, and each would overwrite the state of the other.',
    remedy: 'Give each its own directory, or stop the other process.',
  },
  WEIR_TLS_FILES_INVALID: {
    meaning: 'A certificate or a key for TLS or DTLS cannot be used.',
    cause: 'A file is no PEM, this process may not read it, or the key belongs to another certificate.',
    remedy: 'Run "weir certs show", and correct the file or its path.',
  },
  WEIR_TLS_FILES_MISSING: {
    meaning: 'TLS or DTLS needs certificates, and a file is not there.',
    cause: 'No certificates were made for this process, or a path is wrong.',
    remedy: 'Make them with "weir certs init" and "weir certs issue NAME", or use tcp.',
  },
  WEIR_TRANSPORT_NOT_YET: {
    meaning: 'This version does not have the transport.',
    cause: 'An address has TLS, DTLS or gRPC.',
    remedy: 'Use tcp or udp.',
  },
  ...usageErrors,
} as const satisfies Record<`WEIR_${string}`, ErrorText>;

export type ErrorCode = keyof typeof errorTexts;
