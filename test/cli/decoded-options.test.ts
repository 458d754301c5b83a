import { writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { Decoder } from '../../src/cli/decoder.ts';
import { batchOf } from '../../src/flow/index.ts';
import { startExporter } from '../support/ipfix.ts';
import { message, octets, optionsTemplate, set, template, u16, u32 } from '../support/ipfix-octets.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { startWeir } from './weir.ts';

/** Messages with the description of an element (RFC 5610), and a record that contains it. */
const described = octets(
  message(
    set(2, template(256, [7, 2], [9, 4, 4242])),
    set(3, optionsTemplate(300, 2, [346, 4], [303, 2], [339, 1], [341, 65535])),
  ),
  message(set(300, u32(4242), u16(9), 3, 7, Buffer.from('cpuLoad'))),
  message(set(256, u16(80), u32(1_000_000))),
);

async function decoded(format: 'table' | 'json', content: Uint8Array): Promise<string[]> {
  using directory = new TemporaryDirectory();
  writeFileSync(directory.file('messages'), content);
  const lines: string[] = [];
  const decoder = new Decoder(format, async (piece) => lines.push(...piece));
  expect(await decoder.decode(directory.file('messages'))).toBe(0);
  return lines;
}

it('elements that an exporter describes have their names in what weir decode prints', async () => {
  const json = (await decoded('json', described)).map((line) => JSON.parse(line));
  expect(json.at(-1).fields).toEqual({ sourceTransportPort: 80, cpuLoad: 1_000_000 });
  expect((await decoded('table', described)).at(-1)).toContain(
    'template 256: sourceTransportPort=80 cpuLoad=1000000',
  );
});

it('options records show their scope before their values', async () => {
  const lines = await decoded('table', described);
  expect(lines.at(-2)).toMatch(
    /options template 300, privateEnterpriseNumber=4242 informationElementId=9: informationElementDataType=3 informationElementName=cpuLoad$/,
  );
});

it('weir collect prints what an agent says of itself, and the names of described elements', async () => {
  await using program = startWeir(['collect', '--listen', 'tcp://127.0.0.1:0']);
  const [, port] = await program.says(/listens on tcp:\/\/127\.0\.0\.1:(\d+)/);
  const sending = await startExporter(
    { protocol: 'tcp', host: '127.0.0.1', port: Number(port) },
    { observationDomainId: 7, optionsRecords: { statisticsIntervalMs: 3_600_000, ignoredPackets: () => 12 } },
  );
  sending.exporter.send(batchOf([{ sourceIP: '10.0.0.1', flowId: 1 }]));
  await program.says(/10\.0\.0\.1/);
  await sending.exporter.stop(2_000);
  await program.says(/exportedFlowRecordTotalCount=1 /);
  const { stdout } = await program.stop('SIGINT');
  expect(stdout).toMatch(
    /options template 4097, observationDomainId=7: ignoredPacketTotalCount=12 systemInitTimeMilliseconds=2/,
  );
  expect(stdout).toMatch(/options template 4099, templateId=256: flowKeyIndicator=0x[0-9a-f]+\n/);
  expect(stdout).toMatch(
    /informationElementId=101: .* informationElementName=sourcePodName informationElementDescription=name of the source Pod\n/,
  );
});
