import type { KeptEvent } from '../../../flow/index.ts';

/** What it is about: "Pod shop/cart-0". */
export function objectText({ objectKind, objectName, names }: KeptEvent): string {
  const { sourcePodNamespace: namespace } = names;
  return `${objectKind} ${namespace === undefined ? '' : `${namespace}/`}${objectName}`;
}
