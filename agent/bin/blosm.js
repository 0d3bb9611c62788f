#!/usr/bin/env node
'use strict';
void require('../../dist/agent/cli/main').main();
