INSERT INTO sources (name, type, cursor, pages, events) VALUES ('pd', 'pagerduty', '2026-11-09T10:00:00Z', 1, 4);
INSERT INTO pages VALUES (1, 'pd', 'Q1', '4411', 'https://example.com/4411', 'Vault is sealed', 'pd', 'S1', 'Secrets',
	'', 'high', 'P1', '', '', '{"alertname":"VaultSealed"}', '', 'resolved', 1794218400000, NULL, 1794222000000,
	'resolved', 1794218400000, 1794218520000, 1794222000000, 'person', 'P1', 'Ada', 1, 1794225600000);
INSERT INTO events VALUES
	(1, 'R1', 1794218400000, 'triggered', 'integration', 'S1', 'vault', '', 'api', '', NULL),
	(1, 'R2', 1794218460000, 'notified', '', '', '', '["P1"]', 'push', '', NULL),
	(1, 'R3', 1794218520000, 'acknowledged', 'person', 'P1', 'Ada', '', 'phone', '', NULL),
	(1, 'R4', 1794222000000, 'resolved', 'person', 'P1', 'Ada', '', 'website', '', NULL);
INSERT INTO notified VALUES ('P1', 1);
INSERT INTO labels VALUES (1, 'pd', 'Q1', 1794225600000, 'ada', 'actionable', 'service_issue', '["runbook_wrong"]', 'yes', 'unsealed', 20, 0);
INSERT INTO responders VALUES ('pd', 'P1', 'Ada', 'ada@example.com', 'Europe/Berlin', '["T1"]', '["push","sms"]', 0);
INSERT INTO teams VALUES ('pd', 'T1', 'Secrets', 0);
INSERT INTO services VALUES ('pd', 'S1', 'vault', '["T1"]', 'E1', 0);
INSERT INTO policies VALUES ('pd', 'E1', 'Secrets', '["T1"]', 2, 0);
INSERT INTO priorities VALUES ('pd', 'X1', 'P1', 4);
INSERT INTO shifts VALUES ('pd', 'E1', 1, 'D1', 'pd', 'P1', 1794182400000, 1794268800000, 'Secrets', 'Primary', 1794200000000);
INSERT INTO rejects VALUES ('pd', 'log_entry/R5', 'log_entry', 'no time', x'7b7d', 1794218400000, 'v0');
INSERT INTO suspect_windows VALUES ('pd', 1794218400000, 1794222000000, '3 of 4', 1794225600000);
INSERT INTO requests VALUES ('r1', 'LabelPages', x'00', '["pd/Q1"]', 1794225600000);
INSERT INTO audit VALUES (1, 1794218400000, 1794218400500, 'ci', 'token', '192.0.2.1', 'LabelPages', 'ada', 'secrets', '["pd/Q1"]', 1, 'r1', 'ok');
INSERT INTO reports VALUES ('weekly', 1794218400000, 'sent', '', 1794218405000);
INSERT INTO slos VALUES (1, 'vault/availability', 'prom', 2, 0, 0);
INSERT INTO segments VALUES (1, 1794218460000, 60000, 600.0, 2.0, 0, 0.0, 0.0, 0), (1, 1794218520000, 60000, 600.5, 2.0, 1000, 1.0, 0.0, 1);
INSERT INTO segment_hours VALUES (1, 1794218520000, 120000, 1200.5, 4.0, 1000, 1.0, 0.0, 1);
INSERT INTO objectives VALUES ('vault/availability', -62135596800000, 0.999, 'Occurrences', 0, 0.0);
INSERT INTO corrections VALUES (1, 'vault/availability', 1794218400000, 1794222000000, 'new disks', 'ada', 1794225600000, '', NULL);
INSERT INTO trackers VALUES ('jira/OPS', 1794218400000, 'ada', 'ada@laptop/1', 1794225600000, 1794226200000);
INSERT INTO tickets VALUES ('jira/OPS', 'f2eb4a33a11de8c7', 1, 'noisy_monitor:m-1', 'noisy_monitor', 'alert-noise', 'secrets', 'vault', '', 'm-1',
	'Vault reads page too much', 204.5, 3.0, 'filed', 'a1', 1794218400000, 0, NULL, NULL, '9f86d081', '', '10012', 'OPS-12',
	'https://example.com/browse/OPS-12', 'done', 'Closed', 'Fixed', 'Ada', 1794225600000, 1794225600000,
	1794218401000, 1794218400000, 1794218400000, 'secrets 2026-W46', 1, NULL, '', NULL);
INSERT INTO ticket_effects VALUES (1, 1794218400000, 1794218401000, 'jira/OPS', 'f2eb4a33a11de8c7', 1, 'create', 'Vault reads page too much', 'ok', 'OPS-12', 'ada');
INSERT INTO plannings VALUES ('jira/OPS', 'f2eb4a33a11de8c7', '7', 1794225600000, 0);
INSERT INTO charts VALUES ('vault/4', 'prom', 'Reads', 'Vault', '', 'https://example.com/d/vault', 's', 'vault', '', '[{"Name":"A","Text":"up","Legend":""}]', '', '', 0, 0);
INSERT INTO series VALUES (1, '0a1b', 'vault/4', 'A', 'vault-0', '{"pod":"vault-0"}', 0, 3, 1794218400000, 1794218520000);
INSERT INTO points VALUES (1, 1794182400000, 60000, 1794218400000, 1794218520000,
	X'0128b52ffd44006e00dd000050010200070700ac0232320500001702f4d012691413d07ba06e08f476ec27');
INSERT INTO scans VALUES (1, 1, 1794218400000, 1794222000000, 'v1', X'00');
INSERT INTO anomaly_decisions VALUES (1, 'vault/4', 1794218400000, 1794222000000, 'a-1', '4 times the usual', 'dismissed', 'a test', 'ada', 1794225600000, NULL);
INSERT INTO documents VALUES ('dashboard', 'graf', 'vault', NULL,
	X'28b52ffd04006901007b22536f75726365223a227064222c22554944223a227661756c74222c225469746c65223a225661756c74227df05ca6b1', 0);
INSERT INTO incidents VALUES ('rootly', 'i-1', 'INC-17', 'Vault was sealed', '', 'resolved', 'SEV1', 'alert', '', '', '["vault"]', '["secrets"]', '["pd/Q1"]', '', 'Ada',
	1794218400000, 1794218400000, NULL, NULL, NULL, 1794222000000, 1794222000000, 1794218400000);
INSERT INTO incident_links VALUES (1, 'rootly', 'i-1', 'ticket', 'OPS-12', 'ada', 1794225600000, '', NULL);
INSERT INTO toil VALUES (1, 'manual', '', 'Rotate the vault token', 'rotate the vault token', 'maintenance', 'secrets', 'ada@example.com',
	1794218400000, 1800000, 'OPS-12', '', '', 'ada', 1794225600000, '', NULL);
INSERT INTO toil_tasks VALUES ('secrets', 'rotate the vault token', 'Rotate the vault token', '{"manual":"yes"}', 'ada', 1794225600000, NULL, '', '', NULL, NULL, 0, 0);
INSERT INTO meetings VALUES ('secrets/2026-W46', 'secrets', 1794182400000, 1794787200000, '2026-W46', 'open', 1794787200000, 'ada', 'ada', '', 'pages', 'f0', x'28b52ffd04581100007b7dd194f27a', NULL, NULL, '', '', '', 1, '');
INSERT INTO meeting_items VALUES (1, 'secrets/2026-W46', 'note', 'pages', '', 'A quiet week', '', NULL, '', 'ada', 1794787300000, '', NULL, '', NULL);
INSERT INTO waivers VALUES (1, 'secrets', 'monitor', 'm-1', 'Vault reads', 'ada', 'new disks come', 'ada', 1794787300000, 1795392000000, '', NULL);
