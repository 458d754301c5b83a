/*
 * scrape-storm.ts '{"url", "concurrency", "seconds"}': scrapes repeatedly with that concurrency, half as
 * OpenMetrics and a quarter without compression. Prints a StormReport.
 */

/** The result. */
export interface StormReport {
  answers: number;
  /** Answers that were not 200 with a whole page, each with what was wrong. */
  failures: string[];
  /** Of the pages, uncompressed. */
  octets: number;
  slowestMs: number;
}

if (import.meta.main) {
  const { url, concurrency, seconds } = JSON.parse(process.argv[2]!);
  const report: StormReport = { answers: 0, failures: [], octets: 0, slowestMs: 0 };
  const end = performance.now() + seconds * 1_000;
  const scrapeOnAndOn = async (one: number) => {
    while (performance.now() < end) await scrape(url, one, report);
  };
  await Promise.all(Array.from({ length: concurrency }, (_, one) => scrapeOnAndOn(one)));
  console.log(JSON.stringify(report));
}

async function scrape(url: string, one: number, report: StormReport): Promise<void> {
  const isOpenMetrics = one % 2 === 0;
  const headers = {
    accept: isOpenMetrics ? 'application/openmetrics-text;version=1.0.0' : 'text/plain;version=0.0.4',
    'accept-encoding': one % 4 === 3 ? 'identity' : 'gzip',
  };
  const startedAt = performance.now();
  try {
    const response = await fetch(url, { headers });
    const text = await response.text();
    report.octets += text.length;
    const isWhole = isOpenMetrics ? text.endsWith('\n# EOF\n') : text.endsWith('\n');
    const hasBothEnds = text.includes('weir_build_info{') && text.includes('weir_flow_workload_bytes_total{');
    if (response.status !== 200 || !isWhole || !hasBothEnds) {
      report.failures.push(`${response.status}: ${text.slice(-100)}`);
    }
  } catch (error) {
    report.failures.push(String((error as Error).cause ?? error));
  }
  report.answers++;
  report.slowestMs = Math.max(report.slowestMs, performance.now() - startedAt);
}
