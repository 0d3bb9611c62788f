export { openJournal, type OpenJournal } from './journal';
export { openStore } from './store';
