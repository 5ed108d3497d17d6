import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Cuts off clients that take too long: to send a body, or to take an answer.
///
/// Also tells a client that waits for leave to send its body (`Expect: 100-continue`) to go on.
final class SlowClientHandler: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  private let bodyTimeout: TimeAmount
  private let writeTimeout: TimeAmount
  private var body: Scheduled<Void>?
  private var write: Scheduled<Void>?

  init(bodyTimeout: TimeAmount, writeTimeout: TimeAmount) {
    self.bodyTimeout = bodyTimeout
    self.writeTimeout = writeTimeout
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      body?.cancel()
      body = closing(context, after: bodyTimeout)
      if head.headerFields[.expect]?.lowercased() == "100-continue" {
        context.writeAndFlush(
          wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
      }
    case .body: break
    case .end:
      body?.cancel()
      body = nil
    }
    context.fireChannelRead(data)
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if context.channel.isWritable {
      write?.cancel()
      write = nil
    } else if write == nil {
      write = closing(context, after: writeTimeout)
    }
    context.fireChannelWritabilityChanged()
  }

  func channelInactive(context: ChannelHandlerContext) {
    cancel()
    context.fireChannelInactive()
  }

  func handlerRemoved(context: ChannelHandlerContext) { cancel() }

  private func closing(_ context: ChannelHandlerContext, after time: TimeAmount) -> Scheduled<Void>
  {
    let channel = context.channel
    return context.eventLoop.scheduleTask(in: time) { channel.close(mode: .all, promise: nil) }
  }

  private func cancel() {
    body?.cancel()
    write?.cancel()
    (body, write) = (nil, nil)
  }
}
