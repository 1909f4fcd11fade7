#pragma once

namespace tidemark::server {

class Server;

// Subscribes to every setting whose change has to be told to somebody; all others are read where
// they are used, each time. Settings change with all cores stopped, so what is told may be the data
// of any core.
void follow_live_settings(Server& server);

}  // namespace tidemark::server
