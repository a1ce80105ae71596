/** Who offers a device to pods: the device plugin as an extended resource, or the DRA driver in a ResourceSlice. */
export type OfferSide = 'DevicePlugin' | 'DRA';

/** What is known of one device when it is decided who may offer it. */
export interface OfferFacts {
  /** Who is to offer it by the configuration. */
  readonly wanted: OfferSide;
  /** Who has given it to a pod, if it is in use. */
  readonly holder: OfferSide | undefined;
  /** Who offers it now, as far as the kubelet and the API server know: until they were told otherwise. */
  readonly offeredBy: readonly OfferSide[];
}

/**
 * Who may offer a device; undefined means nobody for now. A device in use stays with who gave it away, whatever the
 * configuration says by now. A side may begin only when the other has stopped, so two never offer it at a time; a side
 * that may not offer it any more must stop.
 */
export function offerSideOf({ wanted, holder, offeredBy }: OfferFacts): OfferSide | undefined {
  const side = holder ?? wanted;
  return offeredBy.includes(side) || offeredBy.length === 0 ? side : undefined;
}
