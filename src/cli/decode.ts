import { Command, Option } from 'commander';
import { Decoder } from './decoder.ts';
import { ExitStatus } from './exit-status.ts';
import { writeLines } from './standard-output.ts';

/** `weir decode`: every record of IPFIX, NetFlow and sFlow in capture files and files of messages. */
export function decodeCommand(): Command {
  return new Command('decode')
    .description(
      'print every record of IPFIX, NetFlow (v1, v5, v7, v9) and sFlow v5 in capture files (pcap, pcapng), and of IPFIX in files of messages (RFC 5655)',
    )
    .argument('<file...>', 'the files, also gzip-compressed ones; - is standard input')
    .addOption(new Option('-o, --output <format>', 'format').choices(['table', 'json']).default('table'))
    .action(async (files: string[], options: { output: 'table' | 'json' }) => {
      let undecodable = 0;
      const decoder = new Decoder(options.output, writeLines);
      for (const file of files) undecodable += await decoder.decode(file);
      if (undecodable > 0) process.exitCode = ExitStatus.failed;
    })
    .addHelpText(
      'after',
      `
Standard error gets one JSON object for each part that cannot be decoded, with its offset, identity and reason. A summary follows, and the
exit status is 1. Samples of sFlow that are no flow samples are counted in the summary.

Examples:
  weir decode flows.pcap -o json | jq 'select(.fields.octetDeltaCount > 1000000)'
  tcpdump -U -i eth0 -w - udp port 4739 | weir decode -`,
    );
}
