/** The one clock of all fakes. */
export { VirtualClock as FakeClock } from './virtual-clock';
