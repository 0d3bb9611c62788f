'use strict';
// Node 20 leaves tls.createSecureContext undefined in the whole process when the code behind X509Certificate is loaded
// before the module tls (they require each other). Programs load https at their start; a test's worker may not.
require('node:tls');
