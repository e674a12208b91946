"""A camera: serves a moving test picture, or a video file once, at rtsp://127.0.0.1:PORT/live until it is killed.

    /usr/bin/python3 rtsp_server.py PORT WIDTHxHEIGHT h264|jpeg [FILE]

Run by the system's Python, which has GStreamer's bindings (Debian: gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-good
gstreamer1.0-plugins-bad). It prints "ready" when it listens.
"""

import sys

import gi  # type: ignore[import-not-found]  # the system's Python has it

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # type: ignore[import-not-found]  # noqa: E402  # the versions must be chosen before the import

ENCODE = {
    "h264": "openh264enc complexity=low gop-size=25 ! h264parse ! rtph264pay config-interval=-1 name=pay0",
    "jpeg": "jpegenc ! rtpjpegpay name=pay0",
}

port, size, codec, *file = sys.argv[1:]
width, height = size.split("x")
if file:
    launch = f'( filesrc location="{file[0]}" ! qtdemux ! h264parse ! rtph264pay config-interval=-1 name=pay0 )'
else:
    caps = f"video/x-raw,format=I420,width={width},height={height},framerate=25/1"
    launch = f"( videotestsrc is-live=true pattern=ball ! {caps} ! {ENCODE[codec]} )"

Gst.init(None)
server = GstRtspServer.RTSPServer(address="127.0.0.1", service=port)
factory = GstRtspServer.RTSPMediaFactory(launch=launch, shared=not file)
server.get_mount_points().add_factory("/live", factory)
if server.attach(None) == 0:
    sys.exit(f"port {port} cannot be listened on")
print("ready", flush=True)
GLib.MainLoop().run()
