"""What a WSGI server loads: ``glance_bridge.wsgi.api:application``.

The options are read here, at import; connections are opened after a fork,
when the first request asks for them.
"""

from glance_bridge import conf
from glance_bridge import rooms
from glance_bridge.wsgi import application as wsgi_application

application = wsgi_application.build(rooms.Rooms(conf.load()))
