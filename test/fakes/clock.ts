/** The one clock of all fakes. */
export { settleTasks, VirtualClock as FakeClock } from './virtual-clock';
