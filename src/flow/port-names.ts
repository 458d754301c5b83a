/** Names of well-known ports, from IANA's service name registry. */
const names: Readonly<Record<number, string>> = {
  20: 'ftp-data',
  21: 'ftp',
  22: 'ssh',
  23: 'telnet',
  25: 'smtp',
  53: 'dns',
  67: 'dhcp',
  68: 'dhcp',
  80: 'http',
  88: 'kerberos',
  110: 'pop3',
  111: 'rpcbind',
  123: 'ntp',
  137: 'netbios',
  138: 'netbios',
  139: 'netbios',
  143: 'imap',
  161: 'snmp',
  162: 'snmp-trap',
  179: 'bgp',
  389: 'ldap',
  443: 'https',
  445: 'smb',
  465: 'smtps',
  500: 'isakmp',
  514: 'syslog',
  546: 'dhcpv6',
  547: 'dhcpv6',
  587: 'submission',
  623: 'ipmi',
  636: 'ldaps',
  853: 'dns-tls',
  873: 'rsync',
  993: 'imaps',
  995: 'pop3s',
  1194: 'openvpn',
  1433: 'mssql',
  1521: 'oracle',
  1883: 'mqtt',
  2049: 'nfs',
  2055: 'netflow',
  2379: 'etcd',
  2380: 'etcd-peer',
  3000: 'grafana',
  3100: 'loki',
  3128: 'squid',
  3306: 'mysql',
  3389: 'rdp',
  3478: 'stun',
  4317: 'otlp-grpc',
  4318: 'otlp-http',
  4500: 'ipsec-nat',
  4739: 'ipfix',
  4740: 'ipfixs',
  4789: 'vxlan',
  5060: 'sip',
  5353: 'mdns',
  5355: 'llmnr',
  5432: 'postgres',
  5671: 'amqps',
  5672: 'amqp',
  6081: 'geneve',
  6379: 'redis',
  6443: 'kube-api',
  8080: 'http-alt',
  8443: 'https-alt',
  8883: 'mqtts',
  9000: 'clickhouse',
  9042: 'cassandra',
  9090: 'prometheus',
  9092: 'kafka',
  9093: 'alertmanager',
  9100: 'node-exporter',
  9200: 'elastic',
  9418: 'git',
  10250: 'kubelet',
  10348: 'flow-api',
  11211: 'memcached',
  27017: 'mongodb',
  51820: 'wireguard',
};

/** Name of a port; undefined for those without a customary one. */
export const serviceName = (port: number): string | undefined => names[port];

/**
 * The ports that a text means: a number, or a name in any case. Several ports may share a name. Undefined
 * when it is neither.
 */
export function portsOf(text: string): readonly number[] | undefined {
  if (/^\d{1,5}$/.test(text)) return Number(text) <= 65535 ? [Number(text)] : undefined;
  const wanted = text.toLowerCase();
  const ports = Object.keys(names)
    .map(Number)
    .filter((port) => names[port] === wanted);
  return ports.length > 0 ? ports : undefined;
}
