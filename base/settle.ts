/**
 * How long what has just started and has no probe has to keep running until it is believed, in milliseconds. A container that
 * ends after three seconds is seen: the kubelet looks at its containers once a second, and reports a second later.
 */
export const defaultSettleMs = 5000;
