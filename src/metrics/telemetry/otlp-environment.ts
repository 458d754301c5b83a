/**
 * What the SDK's exporters read from the environment for every receiver alike: headers, certificates,
 * compression, kinds of sums.
 */
const prefix = 'OTEL_EXPORTER_OTLP_';

/**
 * Makes an exporter that knows of its receiver only what the configuration says. The SDK would add the
 * environment's headers to those of each receiver, so that one gets the token of another.
 */
export function withoutOtlpEnvironment<T>(make: () => T): T {
  const hidden = Object.entries(process.env).filter(([name]) => name.startsWith(prefix));
  for (const [name] of hidden) delete process.env[name];
  try {
    return make();
  } finally {
    for (const [name, value] of hidden) process.env[name] = value;
  }
}

/** Variables of the environment that are not used, for whoever set them. */
export const unusedVariables = (): string[] =>
  Object.keys(process.env).filter((name) => name.startsWith(prefix));
