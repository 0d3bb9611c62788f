import type { ClockVerdict } from './channel-facts';
import { fail, ok, warn, type Finding } from './finding';

/** Beyond this an endorser refuses a transaction; the chaincode's own bound, in milliseconds. */
export const REFUSED_SKEW_MS = 30_000;
/** Beyond this a warning is due: the clocks are not synchronised, and the way to the bound is no longer far. */
export const NEAR_SKEW_MS = 10_000;

const SYNCHRONISE =
  'Synchronise the clocks by NTP on both machines, here with: timedatectl set-ntp true; then look with: timedatectl timesync-status.';

/** @param peer whose clock it is */
export function judgeClock(peer: string, verdict: ClockVerdict): Finding {
  switch (verdict.kind) {
    case 'near':
      return ok(`within ${NEAR_SKEW_MS / 1000} s of this machine's clock`, peer);
    case 'unknown':
      return warn(
        `its clock is not known: ${verdict.reason}`,
        'Look again once it answers: blosm doctor --only clock.',
        peer,
      );
    case 'ahead':
    case 'behind': {
      const seen = `this machine's clock is ${verdict.kind === 'ahead' ? 'ahead of' : 'behind'} its own`;
      return verdict.isRefused
        ? fail(`${seen} by more than ${REFUSED_SKEW_MS / 1000} s: it endorses nothing from here`, SYNCHRONISE, peer)
        : warn(
            `${seen} by more than ${NEAR_SKEW_MS / 1000} s; at ${REFUSED_SKEW_MS / 1000} s it endorses nothing`,
            SYNCHRONISE,
            peer,
          );
    }
  }
}
